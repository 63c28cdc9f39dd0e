"""A client in Python hands in a job, loses its stream and its node, goes on, and reads the results; NumPy reads them from
the file that the command writes: job_client_test.py WEFTD WEFT SOURCE_FOLDER"""

import pathlib
import queue
import subprocess
import sys
import tempfile

import grpc
import numpy
import stubs
import weftd

TEXTS = [f"text number {i} of a job" for i in range(1_000)]
BAD = 700  # is not UTF-8
MINUTES = 300  # seconds: for one call, on a slow machine


class Submission:
    """One Submit stream, whose requests are given one after the other."""

    def __init__(self, channel, job, opening):
        self._requests = queue.SimpleQueue()
        self._message = job.JobServiceSubmitRequest
        # By hand, and not by the stub: a Python message takes no text that is not UTF-8.
        submit = channel.stream_stream("/weft.v1.JobService/Submit",
                                       request_serializer=bytes,
                                       response_deserializer=job.JobServiceSubmitResponse.FromString)
        self._requests.put(self._message(open=opening).SerializeToString())
        self.answers = submit(iter(self._requests.get, None), timeout=MINUTES)
        self.opened = next(self.answers).opened

    def send_bytes(self, text):
        """A text of any bytes, right after those before."""
        self._requests.put(bytes([self._message.TEXTS_FIELD_NUMBER << 3 | 2, len(text)]) + text)

    def send(self, first, texts, complete=False):
        self._requests.put(self._message(first_item=first, texts=texts, complete=complete).SerializeToString())

    def durable(self, items):
        """Reads on until at least so many items are durable."""
        for answer in self.answers:
            if answer.durable.items >= items:
                return answer.durable.items
        raise AssertionError(f"the stream ended before {items} items were durable")

    def completed(self):
        last = list(self.answers)[-1]
        assert last.WhichOneof("event") == "completed", last
        self._requests.put(None)
        return last.completed.job

    def cut(self):
        self.answers.cancel()
        self._requests.put(None)


def read(service, job, identity, **more):
    return [item for page in service.Results(job.JobServiceResultsRequest(id=identity, **more), timeout=MINUTES)
            for item in page.items]


def check_refusals(channel, service, job, identity):
    unknown = job.JobServiceGetRequest(id="0" * 32)
    assert "there is no job" in stubs.refused(lambda: service.Get(unknown, timeout=60), grpc.StatusCode.NOT_FOUND)
    stubs.refused(lambda: service.Get(job.JobServiceGetRequest(id="7"), timeout=60), grpc.StatusCode.INVALID_ARGUMENT)
    other = job.JobOpening(request_id="night", embed={"normalize": False})
    stubs.refused(lambda: Submission(channel, job, other), grpc.StatusCode.INVALID_ARGUMENT)
    cancelled = service.Cancel(job.JobServiceCancelRequest(id=identity), timeout=60).job
    assert cancelled.state == job.JOB_STATE_DONE_WITH_FAILURES, cancelled  # it had ended before


def hand_in(node, job):
    """All texts, over a stream that is cut and a node that is killed; the job."""
    opening = job.JobOpening(request_id="night", embed={})
    with node.channel() as channel:
        first = Submission(channel, job, opening)
        identity = first.opened.job.id
        assert first.opened.items_durable == 0 and len(identity) == 32, first.opened
        assert first.opened.job.durability.synced == 1, first.opened  # and says so: the cluster is one node
        first.send(0, TEXTS[:300])
        assert first.durable(1) == 256  # whole segments
        first.cut()

        second = Submission(channel, job, opening)
        assert second.opened.job.id == identity and second.opened.items_durable == 256, second.opened
        second.send(256, TEXTS[256:600])
        assert second.durable(512) == 512
        node.kill()
        try:
            list(second.answers)
            raise AssertionError("a stream outlived its node")
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.UNAVAILABLE, error
    node.start()
    with node.channel() as channel:
        third = Submission(channel, job, opening)
        assert third.opened.job.id == identity and third.opened.items_durable == 512, third.opened
        third.send(0, TEXTS[:BAD])  # what is there is skipped
        third.send_bytes(b"\xff\xfe")
        third.send(BAD + 1, TEXTS[BAD + 1:], complete=True)
        done = third.completed()
        assert done.id == identity and done.items_total == len(TEXTS) == done.items_durable, done
        again = Submission(channel, job, opening)
        assert again.opened.items_durable == len(TEXTS), again.opened
        assert again.completed().id == identity
    return identity


def main(weftd_program, weft_program, source):
    protos = ("weft/v1/job", "weft/v1/compress", "weft/v1/embed")
    configuration = pathlib.Path(source) / "cluster-config/one-node.toml"
    with stubs.generated(f"{source}/proto", *reversed(protos)) as made, weftd.Node(weftd_program, configuration) as node:
        job, services = made["weft/v1/job"]
        embed, embed_services = made["weft/v1/embed"]
        identity = hand_in(node, job)
        with node.channel() as channel, tempfile.TemporaryDirectory() as folder:
            service = services.JobServiceStub(channel)
            news = list(service.Watch(job.JobServiceWatchRequest(id=identity), timeout=MINUTES))
            assert [n.job.items_done for n in news] == sorted(n.job.items_done for n in news)
            end = news[-1].job
            assert end.state == job.JOB_STATE_DONE_WITH_FAILURES and end.items_failed == 1, end
            listed = service.List(job.JobServiceListRequest(), timeout=60).jobs
            assert [j.id for j in listed] == [identity], listed

            items = read(service, job, identity)
            assert [i.index for i in items] == list(range(len(TEXTS)))
            assert items[BAD].error.reason == "INVALID_UTF8", items[BAD]
            assert [i.index for i in read(service, job, identity, failed_only=True)] == [BAD]
            cut = service.Results(job.JobServiceResultsRequest(id=identity), timeout=MINUTES)
            last = next(cut).items[-1].index
            cut.cancel()
            assert read(service, job, identity, from_item=last + 1) == items[last + 1:]

            # What the job says is what a call says.
            call = embed_services.EmbedServiceStub(channel).Embed(embed.EmbedRequest(texts=TEXTS[:3]), timeout=60)
            for mine, theirs in zip(items, call.embeddings):
                assert numpy.allclose(mine.embedding.values, theirs.values, atol=1e-3)

            file = f"{folder}/vectors.npy"
            subprocess.run([weft_program, "job", "results", identity, "--out", file, "--endpoint", node.address],
                           check=True, timeout=MINUTES)
            matrix = numpy.load(file, mmap_mode="r")
            assert matrix.shape == (len(TEXTS), 384) and matrix.dtype == numpy.float32, matrix
            assert numpy.isnan(matrix[BAD]).all()
            for item in items:
                if item.index != BAD:
                    assert numpy.array_equal(matrix[item.index],
                                             numpy.array(item.embedding.values, dtype=numpy.float32)), item.index
            check_refusals(channel, service, job, identity)


if __name__ == "__main__":
    main(*sys.argv[1:4])
    print("a job outlives its stream and its node; NumPy reads its vectors")
