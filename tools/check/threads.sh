#!/usr/bin/env bash
# threads.sh PROGRAM…: fails on one that could start a thread. ThreadSanitizer does not see these programs, and need not.
set -euo pipefail
starters='pthread_create|thrd_create|_M_start_thread|GOMP_parallel' # what std::thread, std::async, C and OpenMP come down to
wrong=no
for program in "$@"; do
  imported=$(nm --dynamic --undefined-only "$program")
  if grep -qE "$starters" <<<"$imported"; then
    echo "${program##*/} can start a thread: give its weft_test() the word THREADS, so that it runs under ThreadSanitizer, too"
    wrong=yes
  fi
done
[ "$wrong" = no ]
echo "$# programs can start no thread"
