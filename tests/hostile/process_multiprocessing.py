"""Starts processes and executors of the standard library."""

# points: 0
# outcomes: crashed failed skipped
# report: fits raised
# needs: seccomp

import concurrent.futures
import multiprocessing


def fits(total, parts):
    try:
        with concurrent.futures.ProcessPoolExecutor(2) as pool:
            return list(pool.map(abs, [1]))
    except OSError:
        multiprocessing.Process(target=print).start()
