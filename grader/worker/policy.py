"""The sandbox's rules as plain data: which system calls a worker may make, which paths it may touch.

Anything in neither list of calls answers ENOSYS, which is what the C library expects of a call the kernel
does not have, so that it falls back to an older one or gives up cleanly.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ALLOWED_CALLS = """
    read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close close_range dup dup2
    dup3 pipe pipe2 open openat creat stat lstat fstat newfstatat fstatat64 statx access faccessat
    faccessat2 readlink readlinkat getdents getdents64 getcwd chdir fchdir ftruncate truncate
    ftruncate64 unlink unlinkat rename renameat renameat2 fsync fdatasync flock fadvise64 statfs fstatfs umask
    mmap munmap mprotect mremap madvise brk mlock munlock msync mincore membarrier
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack pause alarm
    setitimer getitimer
    timer_create timer_settime timer_gettime timer_getoverrun timer_delete timerfd_create timerfd_settime timerfd_gettime
    nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time times sched_yield sched_getaffinity
    sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min getcpu get_mempolicy
    futex futex_time64 futex_waitv set_robust_list get_robust_list set_tid_address rseq arch_prctl restart_syscall
    poll ppoll select pselect6 _newselect epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait
    epoll_pwait2 eventfd eventfd2 getpid gettid getppid getuid geteuid getgid getegid getresuid getresgid getgroups
    getpgid getpgrp getsid getrusage getrlimit uname sysinfo getrandom exit exit_group getpriority capget
""".split()
"""Harmless by themselves; paths are Landlock's business."""

DENIED_CALLS = """
    socket socketpair connect accept accept4 bind listen sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg
    fork vfork execve execveat ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_open
    pidfd_getfd pidfd_send_signal rt_sigqueueinfo rt_tgsigqueueinfo setsid setpgid setpriority setrlimit
    chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat setxattr lsetxattr fsetxattr removexattr
    lremovexattr fremovexattr utime utimes utimensat futimesat link linkat symlink symlinkat mkdir mkdirat rmdir
    mknod mknodat fallocate mount umount2 pivot_root chroot setuid setgid setreuid setregid setresuid setresgid setgroups
    capset unshare setns io_uring_setup io_uring_enter io_uring_register bpf perf_event_open userfaultfd keyctl
    add_key request_key shmget shmat shmctl msgget msgsnd msgctl semget semop semctl mq_open mq_unlink memfd_create
    memfd_secret inotify_init inotify_init1 fanotify_init sched_setaffinity sched_setscheduler sched_setparam sched_setattr
    ioprio_set reboot swapon kexec_load init_module finit_module personality seccomp
    landlock_create_ruleset landlock_add_rule landlock_restrict_self acct quotactl syslog settimeofday
    clock_settime adjtimex open_by_handle_at name_to_handle_at copy_file_range splice tee vmsplice sendfile
""".split()
"""Answer EPERM, so that Python raises PermissionError; listed for the message, not for safety."""

THREAD_FLAG = 0x00010000  # CLONE_THREAD: clone may make threads of this process, never a process
ALLOWED_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 1030, 1033, 1034)  # dup, flags, locks, cloexec, seals
ALLOWED_IOCTL = (0x5401, 0x5413, 0x5421, 0x5450, 0x5451, 0x541B)  # isatty, size, blocking, cloexec, pending
CUDA_IOCTL = ((0xFF00, 0x4600), (0xFFFFFF00, 0), (0xFFFFFF00, 0x30000000))
"""Masks and values of the requests of NVIDIA's driver: to control devices, and the plain numbers of unified memory."""
CUDA_DEVICES = ("nvidiactl", "nvidia-uvm", "nvidia[0-9]*")
"""Its device files in /dev, which a worker with a GPU reads, writes and controls."""
CUDA_READ = ("/proc/driver/nvidia/params",)
"""What its library reads each time before it opens one of them."""
CUDA_PACKAGES = ("nvidia",)
"""Folders in site-packages with the libraries that PyTorch loads when it first needs them."""
CUDA_OPEN_FILES = 512
"""The driver holds a descriptor for every piece of memory that it maps."""
ALLOWED_PRCTL = (15, 16, 0x53564D41)  # thread names, and the C library naming its memory


@dataclass(frozen=True)
class Paths:
    """What Landlock opens: folders and files to read, the one folder to write files in."""

    read: tuple[str, ...]
    """Files and folders that may be read, with everything beneath."""
    list: tuple[str, ...]
    """Folders whose entries may be listed (names only)."""
    write: tuple[str, ...]
    """Folders in which regular files may be made, read, written and removed."""
    devices: tuple[str, ...] = ()
    """Device files that may be read, written and controlled."""


def cuda_paths() -> Paths:
    """What a worker with a GPU may touch besides; nothing where there is no driver."""
    read = [path for path in CUDA_READ if os.path.exists(path)]
    devices = sorted(str(path) for pattern in CUDA_DEVICES for path in Path("/dev").glob(pattern))
    return Paths(tuple(read), (), (), tuple(devices))


def interpreter_paths(packages: Sequence[str]) -> Paths:
    """The standard library and the named installed packages; nothing else that is installed.

    `packages` are folder names in site-packages, such as "numpy" and "numpy.libs".
    """
    read: list[str] = []
    listed: list[str] = []
    for folder in {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}:
        listed.append(folder)
        with os.scandir(folder) as entries:
            read += [e.path for e in entries if e.name not in ("site-packages", "dist-packages")]
    for name in packages:
        for folder in dict.fromkeys((*sys.path, sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))):
            if folder and (Path(folder) / name).exists():
                read.append(str(Path(folder) / name))
                break
    read += _shared_libraries()
    read += [path for path in ("/dev/null", "/dev/zero", "/dev/urandom") if os.path.exists(path)]
    shared = sysconfig.get_config_var("LIBDIR")
    if shared and os.path.isdir(shared):
        read += [str(path) for path in Path(shared).glob("libpython*")]
    return Paths(tuple(dict.fromkeys(read)), tuple(listed), ())


def _shared_libraries() -> list[str]:
    """Where the system keeps shared libraries, without the Python packages some distributions keep beside them."""
    found = []
    for folder in ("/lib", "/lib64", "/usr/lib", "/usr/lib64"):
        if os.path.isdir(folder):
            with os.scandir(folder) as entries:
                found += [os.path.realpath(e.path) for e in entries if "-linux-" in e.name or ".so" in e.name]
    return sorted(set(found))
