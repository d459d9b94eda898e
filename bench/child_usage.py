"""`child_usage.py PROGRAM ARGUMENTS...`: runs a program to its end and prints its time, its CPU time and its largest memory as JSON."""

import json
import resource
import subprocess
import sys
import time

started = time.monotonic()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, timeout=600).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
seconds = time.monotonic() - started
print(json.dumps({"code": code, "seconds": seconds, "cpuSeconds": usage.ru_utime + usage.ru_stime, "rssMb": usage.ru_maxrss / 1024}))
