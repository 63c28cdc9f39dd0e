#include "tests/runtime/compress/text/texts.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <array>

namespace weft::test {

namespace {

constexpr auto samples = std::to_array<sample_text>({
    {"story", content_kind::prose, R"(CHAPTER I. THE FERRY

The ferry left at dawn, as it had on every day that anybody in the town could
remember. Mr. Hale stood at the rail and counted his coins; there were 3.50 in
all. "Will it rain?" he asked.

"It always rains," said the captain. She did not look up. Nobody ever did.

CHAPTER II. THE ISLAND

On the island there was one house, and in the house there was one lamp. It had
burned since 1911. The keeper, a Dr. Moll, had come for a week and stayed.
)"},
    {"chinese", content_kind::prose, R"(昨天我们去了北京。天气很好，我们看见了很多人。你去过吗？没有！

我的朋友说：“下次一起去吧。”我们都同意了。晚上我们坐火车回家。
)"},
    {"german", content_kind::prose, R"(Am 3. Oktober kam Prof. Dr. Weber in die Stadt, um sich z. B. das Museum
anzusehen. Das Museum war jedoch geschlossen, d.h. er stand vor einer Tür. Er
wartete ca. 20 Minuten und ging dann nach Hause.

Zu Hause fand er einen Brief. Darin stand nur ein Satz. Er las ihn zweimal.
)"},
    {"paper", content_kind::paper, R"(Queues That Forget: Bounded Waiting in Small Clusters

Abstract

We study queues whose entries expire. Our scheme halves the tail latency of a
loaded node [1], at the cost of 2 % of the calls [2, 3].

1. Introduction

Waiting is not free. Earlier work (Lund et al., 2017) bounds the length of a
queue but not the time in it. We bound both (Moreau, 2019).

2. Methods

2.1 Setup

Three nodes with 16 cores each served the load of Sec. 4. See Fig. 2.

3. Results

The 99th percentile fell from 81 ms to 40 ms [4].

References

[1] A. Lund. Waiting lines. 2017.
[2] B. Moreau. Leaving lines. 2019.
)"},
    {"readme", content_kind::markdown, R"(# Pigeon

Pigeon carries messages between two programs. It is small.

## Install

Run these:

```sh
make
sudo make install
```

## Options

- `--fast`: skips the checks. Do not use it.
- `--loft DIR`: where messages wait
  until somebody fetches them.

| option | default |
|--------|---------|
| fast   | no      |
| loft   | /tmp    |

Limits
------

A message has at most 4 KiB. See [the manual](doc/manual.md).
)"},
    {"outline", content_kind::markdown, R"(Shopping
  - bread
  - milk, two bottles
Repairs
  1. Mend the roof. It leaks.
  2. Paint the door.
  * Ask Ms. Olsen for a ladder
)"},
    {"changelog", content_kind::markdown, R"(pigeon (1.4-2) unstable; urgency=medium

  * Team upload.
  * d/rules: Build in parallel. This saves about five minutes.
    (Closes: #123456)

 -- Ada Berg <ada@example.org>  Tue, 20 Sep 2022 12:17:15 -0400

pigeon (1.4-1) unstable; urgency=low

  * New upstream release

 -- Ada Berg <ada@example.org>  Mon, 01 Aug 2022 09:00:00 -0400
)"},
    {"cpp", content_kind::code, R"(// A queue that forgets.
#include <deque>
#include <chrono>

namespace pigeon {

class queue {
public:
  /* Takes one in.
     Drops the oldest where there is no room. */
  void push(int value) {
    if (items_.size() >= limit)
      items_.pop_front();
    items_.push_back(value);
  }

private:
  std::deque<int> items_;
};

int main() {
  queue q;
  q.push(1);
  return 0;
}

} // namespace pigeon
)"},
    {"python", content_kind::code, R"(#!/usr/bin/env python3
"""Counts words in files.

Nothing else.
"""

import sys
from collections import Counter


def count(path):
    """Words of one file."""
    with open(path) as file:
        return Counter(file.read().split())


@cached
def main():
    for path in sys.argv[1:]:
        print(path, sum(count(path).values()))


if __name__ == "__main__":
    main()
)"},
    {"shell", content_kind::code, R"(#!/bin/sh
# Copies what changed since yesterday.
set -eu

target="$1"
for file in $(find . -mtime -1); do
  if [ -f "$file" ]; then
    cp "$file" "$target/"
  fi
done
echo "copied to $target"
)"},
    {"nginx", content_kind::log, R"(10.0.0.7 - - [10/Oct/2023:13:55:36 +0000] "GET /a HTTP/1.1" 200 2326 "-" "curl/7.88"
10.0.0.8 - ada [10/Oct/2023:13:55:37 +0000] "GET /b HTTP/1.1" 404 153 "-" "curl/7.88"
10.0.0.7 - - [10/Oct/2023:13:55:39 +0000] "POST /c HTTP/1.1" 500 0 "-" "Mozilla/5.0"
)"},
    {"dpkg", content_kind::log, R"(2024-01-02 10:11:12 startup archives unpack
2024-01-02 10:11:13 install libfoo1:amd64 <none> 1.2-3
2024-01-02 10:11:13 status half-installed libfoo1:amd64 1.2-3
2024-01-02 10:11:14 status unpacked libfoo1:amd64 1.2-3
)"},
    {"syslog", content_kind::log, R"(Jan  2 03:04:05 loft pigeond[811]: started, 4 workers
Jan  2 03:04:06 loft pigeond[811]: listening on :7000
Jan 12 13:14:15 loft kernel: [   12.345678] eth0: link up
)"},
    {"java_log", content_kind::log, R"(2024-05-06T07:08:09.123Z ERROR [main] Server - failed to start
java.lang.IllegalStateException: port in use
	at com.example.Server.start(Server.java:42)
	at com.example.Main.main(Main.java:7)
Caused by: java.net.BindException: Address already in use
	at java.base/sun.nio.ch.Net.bind0(Native Method)
2024-05-06T07:08:10.001Z INFO [main] Server - bye
2024-05-06T07:08:11.001Z INFO [main] Main - exit 1
2024-05-06T07:08:12.001Z WARN [main] Main - late
)"},
    {"python_log", content_kind::log, R"(2024-05-06 07:08:09,123 INFO worker: began
2024-05-06 07:08:10,456 ERROR worker: failed
Traceback (most recent call last):
  File "work.py", line 3, in run
    load()
ValueError: no such file
2024-05-06 07:08:11,789 INFO worker: ended
2024-05-06 07:08:12,000 INFO worker: began
)"},
    {"apt_history", content_kind::log, R"(
Start-Date: 2024-01-02  10:11:12
Commandline: apt-get install -y pigeon
Install: pigeon:amd64 (1.4-2), libloft1:amd64 (0.9-1, automatic)
End-Date: 2024-01-02  10:11:15

Start-Date: 2024-01-03  08:00:00
Commandline: apt-get remove pigeon
Remove: pigeon:amd64 (1.4-2)
End-Date: 2024-01-03  08:00:02
)"},
    {"levels", content_kind::log, R"([info] reading loft.conf
[warn] no such key: speed
[info] 12 pigeons
ERROR: loft is full
)"},
    {"csv", content_kind::table, R"(id,name,note
1,Ada,"likes ""tea"", and
two lines"
2,Ben,
3,"Cho, Li",late
4,Dora,ok
)"},
    {"tsv", content_kind::table, "name\tage\tcity\nAda\t36\tOslo\nBen\t41\tLyon\nCho\t29\tKyoto\n"},
    {"semicolons", content_kind::table, "Name;Alter;Ort\nAda;36;Oslo\nBen;41,5;Lyon\nCho;29;Kyoto\n"},
    {"bars", content_kind::table,
     "| name | age | city |\n|------|-----|------|\n| Ada | 36 | Oslo |\n| Ben | 41 | Lyon |\n"},
    {"dates_csv", content_kind::table, "day,low,high\n2024-01-02,1.5,3\n2024-01-03,2.5,4\n2024-01-04,0.5,2\n"},
    {"json_object", content_kind::json, R"({
  "name": "pigeon",
  "limits": {"bytes": 4096, "seconds": [1, 2, 3]},
  "tags": []
}
)"},
    {"json_array", content_kind::json, R"([{"id": 1, "say": "a, b"}, {"id": 2, "say": "[c]"},
 {"id": 3, "say": "\"}"}])"},
    {"json_lines", content_kind::json, R"({"t": 1, "event": "open"}
{"t": 2, "event": "read"}
{"t": 3, "event": "close"}
)"},
    {"json_broken", content_kind::mixed, R"({
  "name": "pigeon",
  "limits": {"bytes": 4096,
  "tags": [
)"},
    {"mixed", content_kind::mixed, R"(The loft stopped at noon, and nobody noticed until the evening. I looked at
what it had written, and found this.

2024-05-06 07:08:09 INFO loft: 12 pigeons
2024-05-06 07:08:10 WARN loft: 1 pigeon is late
2024-05-06 07:08:11 ERROR loft: door open
2024-05-06 07:08:12 INFO loft: 11 pigeons

The door is watched by the program below, which I had changed on the day before
without telling anybody. It never closes what it opens.

void watch(door& d) {
  while (d.is_open()) {
    count(d.pigeons());
    d.wait(1);
  }
}

[{"id": 1, "pigeon": "grey"}, {"id": 2, "pigeon": "white"}, {"id": 3, "pigeon": "blue"}]
)"},
});

} // namespace

std::span<const sample_text> sample_texts() noexcept {
  return samples;
}

std::string_view sample(std::string_view name) noexcept {
  const auto found = std::find_if(samples.begin(), samples.end(), [name](const auto& one) { return one.name == name; });
  WEFT_ASSERT(found != samples.end());
  return found->text;
}

} // namespace weft::test
