"""A client that knows only text-embeddings-inference's API works against Weft: tei_client_test.py NODE PROTO_FOLDER"""

import sys

import grpc
import stubs

with stubs.generated(sys.argv[2], "tei/v1/tei") as made, stubs.node(sys.argv[1]) as channel:
    tei, services = made["tei/v1/tei"]
    embed = services.EmbedStub(channel)

    info = services.InfoStub(channel).Info(tei.InfoRequest(), timeout=60)
    assert info.model_type == tei.MODEL_TYPE_EMBEDDING
    assert info.model_id == "m" and info.model_dtype == "float32", info
    assert info.max_input_length == 256 and info.max_client_batch_size == 1024, info

    reply = embed.Embed(tei.EmbedRequest(inputs="größe"), timeout=60)
    # The fake model counts tokens in the second number, before it scales the vector by the last.
    assert len(reply.embeddings) == 4 and round(reply.embeddings[1] / reply.embeddings[3]) == 9, reply
    assert reply.metadata.compute_tokens == 9 and reply.metadata.compute_chars == 5, reply
    assert reply.metadata.total_time_ns > 0

    # TEI truncates only when asked to.
    long = tei.EmbedRequest(inputs="x" * 300)
    assert stubs.refused(lambda: embed.Embed(long, timeout=60), grpc.StatusCode.INVALID_ARGUMENT)
    long.truncate = True
    assert embed.Embed(long, timeout=60).metadata.compute_tokens == 256

    stubs.refused(lambda: embed.Embed(tei.EmbedRequest(inputs=""), timeout=60), grpc.StatusCode.INVALID_ARGUMENT)
    stubs.refused(lambda: embed.Embed(tei.EmbedRequest(inputs="x", dimensions=3), timeout=60),
                  grpc.StatusCode.INVALID_ARGUMENT)
    stubs.refused(lambda: embed.Embed(tei.EmbedRequest(inputs="x", prompt_name="query"), timeout=60),
                  grpc.StatusCode.INVALID_ARGUMENT)

    # In order, and ended by the first text that fails.
    lengths = [1 + i % 200 for i in range(2000)]
    requests = (tei.EmbedRequest(inputs="x" * n) for n in lengths)
    replies = [r.metadata.compute_tokens for r in embed.EmbedStream(requests, timeout=60)]
    assert replies == [n + 2 for n in lengths]
    stream = embed.EmbedStream(iter([tei.EmbedRequest(inputs="a"), long, tei.EmbedRequest(inputs="")]), timeout=60)
    assert next(stream).metadata.compute_tokens == 3
    assert next(stream).metadata.compute_tokens == 256
    stubs.refused(lambda: next(stream), grpc.StatusCode.INVALID_ARGUMENT)
print("a TEI client works unchanged")
