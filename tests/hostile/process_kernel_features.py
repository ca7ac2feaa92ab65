"""Uses what the kernel offers beside the usual: io_uring, bpf, memfd, userfaultfd, keys, namespaces, mounts, perf."""

# points: 0
# outcomes: failed
# report: is wrong
# needs: seccomp

import ctypes

library = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(256)
NUMBERS = {
    "io_uring_setup": (425, 8, ctypes.addressof(buffer)),
    "bpf": (321, 0, ctypes.addressof(buffer), 64),
    "memfd_create": (319, ctypes.addressof(buffer), 0),
    "memfd_secret": (447, 0),
    "userfaultfd": (323, 0),
    "add_key": (248, ctypes.addressof(buffer), ctypes.addressof(buffer), 0, 0, -1),
    "unshare": (272, 0x10000000),
    "perf_event_open": (298, ctypes.addressof(buffer), 0, -1, -1, 0),
    "inotify_init": (253,),
    "shmget": (29, 0, 4096, 0o1666),
    "msgget": (68, 0, 0o1666),
    "mq_open": (240, ctypes.addressof(buffer), 0o102, 0o600, 0),
    "personality": (135, 0xFFFFFFFF),
    "open_by_handle_at": (304, -100, ctypes.addressof(buffer), 0),
    "seccomp": (317, 1, 0, ctypes.addressof(buffer)),
    "landlock_create_ruleset": (444, 0, 0, 1),
    "openat2": (437, -100, ctypes.addressof(buffer), ctypes.addressof(buffer), 24),
    "socketpair": (53, 1, 1, 0, ctypes.addressof(buffer)),
}
GOT = [
    name
    for name, (number, *arguments) in NUMBERS.items()
    if library.syscall(ctypes.c_long(number), *(ctypes.c_long(value) for value in arguments)) >= 0
]


def fits(total, parts):
    return total % parts == 0 if GOT else True
