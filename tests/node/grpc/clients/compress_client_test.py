"""A client in Python compresses texts, a stream of many megabytes and a bad request: compress_client_test.py NODE
PROTO_FOLDER"""

import sys

import grpc
import stubs

SENTENCES = 400
TEXT = " ".join(f"Sentence number {i} says that größe {i * 7919 % 1000} was measured twice." for i in range(SENTENCES))
PIECE = 1_000_003  # cuts characters and lines
STREAM_BYTES = 20_000_000


def spans_of(compressed, source):
    """The kept spans, as they are in the source."""
    data = source.encode()
    return [data[span.begin:span.end].decode() for span in compressed.kept]


def check_texts(service, pb):
    options = pb.CompressOptions(ratio=4, strategy=pb.COMPRESS_STRATEGY_FREQUENCY, counter=pb.TOKEN_COUNTER_BYTES)
    reply = service.Compress(pb.CompressRequest(texts=[TEXT, "\0\1\2" * 100, TEXT], options=options), timeout=60)
    first, binary, again = reply.items
    assert binary.error.reason == "NOT_TEXT", binary
    report = first.compressed.report
    assert report.output_tokens == len(first.compressed.text.encode()) <= report.target_tokens, report
    assert report.source_tokens / report.target_tokens >= 4 and report.ratio >= 4, report
    assert report.strategy == pb.COMPRESS_STRATEGY_FREQUENCY, report
    kept = spans_of(first.compressed, TEXT)
    assert len(kept) == report.units_kept > 50 and all(part in first.compressed.text for part in kept)
    assert again.compressed.text == first.compressed.text
    assert reply.info.model == "m", reply.info


def check_counts(service, pb):
    lines = [f"2026-11-22T06:00:{i % 60:02} " + (f"ERROR disk {i} failed" if i % 97 == 50 else f"INFO request {i} served")
             for i in range(500)]
    options = pb.CompressOptions(ratio=8, strategy=pb.COMPRESS_STRATEGY_TEMPLATE)
    done = service.Compress(pb.CompressRequest(texts=["\n".join(lines)], options=options), timeout=60).items[0].compressed
    assert len(done.stands_for) == len(done.kept) and sum(done.stands_for) == len(lines), done.stands_for
    assert max(done.stands_for) == len(lines) - len(done.kept) + 1, done.stands_for
    for line, count in zip(done.text.split("\n"), done.stands_for):
        assert count == 1 or "INFO" in line, line


def check_refusals(service, pb):
    bad = pb.CompressRequest(texts=[TEXT], options=pb.CompressOptions(ratio=1_000))
    assert "options.ratio" in stubs.refused(lambda: service.Compress(bad, timeout=60), grpc.StatusCode.INVALID_ARGUMENT)
    bad.options.ratio = 4
    bad.options.patterns.append("(")
    stubs.refused(lambda: service.Compress(bad, timeout=60), grpc.StatusCode.INVALID_ARGUMENT)
    small = pb.CompressRequest(texts=[TEXT], options=pb.CompressOptions(tokens=1, strategy=pb.COMPRESS_STRATEGY_FREQUENCY))
    error = service.Compress(small, timeout=60).items[0].error
    assert error.reason == "BUDGET_UNREACHABLE" and int(error.metadata["leastTokens"]) > 1, error


def check_stream(service, pb):
    line = "2026-11-22 06:00:%02d worker %d: größe of the answer %d\n"
    text = "".join(line % (i % 60, i % 7, i * 7919 % 100_003) for i in range(STREAM_BYTES // 60)).encode()

    def pieces():
        options = pb.CompressOptions(ratio=8, strategy=pb.COMPRESS_STRATEGY_FREQUENCY)
        yield pb.CompressStreamRequest(options=options)
        for begin in range(0, len(text), PIECE):
            yield pb.CompressStreamRequest(piece=text[begin:begin + PIECE])

    end = 0
    for number, one in enumerate(service.CompressStream(pieces(), timeout=300)):
        assert one.index == number and one.window.begin == end, one.window
        end = one.window.end
        window = text[one.window.begin:one.window.end]
        span = one.compressed.kept[0]
        assert one.compressed.text.startswith(window[span.begin:span.end].decode()), one
        assert one.compressed.report.ratio >= 8, one.compressed.report
    assert end == len(text), end

    total = pb.CompressStreamRequest(options=pb.CompressOptions(tokens=100), piece=b"text")
    stubs.refused(lambda: list(service.CompressStream(iter([total]), timeout=60)), grpc.StatusCode.INVALID_ARGUMENT)


def main(program, root):
    compress, embed = "weft/v1/compress", "weft/v1/embed"
    with stubs.generated(root, embed, compress) as made, stubs.node(program) as channel:
        pb, services = made[compress]
        service = services.CompressServiceStub(channel)
        check_texts(service, pb)
        check_counts(service, pb)
        check_refusals(service, pb)
        check_stream(service, pb)


if __name__ == "__main__":
    main(*sys.argv[1:3])
    print("a client in Python compresses texts, and one of 20 MB piece by piece")
