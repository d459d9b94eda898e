"""The example's fixed workload under the bootstrap, once at each line of standard input; answers with a line."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[4] / "examples" / "rag-python"))
import workload  # noqa: E402
from opentelemetry import metrics, trace  # noqa: E402

for _ in sys.stdin:
    workload.run()
    trace.get_tracer_provider().force_flush()
    metrics.get_meter_provider().force_flush()
    print("{}", flush=True)
