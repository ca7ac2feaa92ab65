"""Makes links in its scratch folder that lead elsewhere, for whoever cleans it up."""

# points: 0
# outcomes: failed
# report: is wrong
# needs: landlock
# needs: seccomp

import os

for number, attempt in enumerate(
    (
        lambda: os.symlink("/tmp", "link"),
        lambda: os.symlink("/etc/passwd", "file"),
        lambda: os.link(__file__, "hard"),
        lambda: os.mkfifo("pipe"),
        lambda: os.mknod("device", 0o20666, os.makedev(1, 3)),
        lambda: os.makedirs("a/b/c"),
        lambda: os.rename(".", "../convgrade_left_behind"),
        lambda: os.rmdir(os.getcwd()),
        lambda: os.chmod(os.getcwd(), 0),
    )
):
    try:
        attempt()
    except OSError:
        open(f"plain{number}", "wb").close()
