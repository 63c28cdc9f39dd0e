#!/usr/bin/env python3
"""The layer check finds what it is there for, and nothing else."""

import unittest

from layers import check_text

ALLOWED = [
    ("runtime/job/embed.hpp", '#include "runtime/base/result.hpp"'),
    ("runtime/batching/queue.cpp", '#include "runtime/admission/admission.hpp"'),
    ("runtime/batching/queue.cpp", "auto later = now + wait; // not steady_clock::now()"),
    ("runtime/compute/cpu/engine.cpp", "#include <thread>"),
    ("runtime/compute/cpu/engine.cpp", "auto start = std::chrono::steady_clock::now();"),
    ("actors/gateway.cpp", "#include <caf/all.hpp>"),
    ("actors/gateway.cpp", "auto now = self->clock().now();"),
    ("node/grpc/server.cpp", "#include <grpcpp/server.h>"),
    ("node/grpc/convert.cpp", '#include "weft/v1/embed.pb.h"'),
    ("node/main.cpp", '#include "runtime/compute/model/bert_model.hpp"'),
    ("tools/weft/client.cpp", '#include "weft/v1/embed.grpc.pb.h"'),
    ("tests/actors/pool_test.cpp", "#include <doctest/doctest.h>"),
]
REFUSED = [
    ("runtime/base/errc.cpp", '#include "runtime/job/embed.hpp"'),
    ("runtime/job/embed.hpp", '#include "runtime/ports/call.hpp"'),
    ("runtime/batching/queue.cpp", '#include "runtime/compute/cpu/encoder.hpp"'),
    ("runtime/batching/queue.cpp", '#include "actors/gateway.hpp"'),
    ("runtime/batching/queue.cpp", "#include <thread>"),
    ("runtime/batching/queue.cpp", "#include <sys/socket.h>"),
    ("runtime/batching/queue.cpp", "auto start = clock::now();"),
    ("runtime/batching/queue.cpp", "#include <caf/all.hpp>"),
    ("runtime/compute/cpu/engine.cpp", "#include <caf/all.hpp>"),
    ("runtime/compute/cpu/engine.cpp", "#include <spdlog/spdlog.h>"),
    ("actors/gateway.cpp", '#include "node/grpc/server.hpp"'),
    ("actors/gateway.cpp", '#include "runtime/compute/cpu/encoder.hpp"'),
    ("actors/gateway.cpp", '#include "weft/v1/embed.pb.h"'),
    ("actors/gateway.cpp", "#include <rocksdb/db.h>"),
    ("actors/gateway.cpp", "auto now = std::chrono::steady_clock::now();"),
    ("node/main.cpp", "#include <google/protobuf/message.h>"),
    ("node/http/http_server.cpp", "#include <caf/all.hpp>"),
    ("node/http/http_server.cpp", '#include "http_session.hpp"'),
    ("tools/weft/client.cpp", '#include "node/grpc/utf8.hpp"'),
    ("tests/runtime/base/errc_test.cpp", '#include "node/grpc/utf8.hpp"'),
    ("tests/actors/pool_test.cpp", "std::this_thread::sleep_for(1s);"),
]


class LayersTest(unittest.TestCase):
    def test_what_follows_the_arrows_passes(self):
        for path, line in ALLOWED:
            with self.subTest(path=path, line=line):
                self.assertEqual([], list(check_text(path, line)))

    def test_what_goes_against_them_is_found(self):
        for path, line in REFUSED:
            with self.subTest(path=path, line=line):
                self.assertEqual(1, len(list(check_text(path, line))))


if __name__ == "__main__":
    unittest.main()
