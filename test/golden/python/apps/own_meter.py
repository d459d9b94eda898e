"""Makes instruments from a meter provider of its own, before and after it sets it, and from the global one."""

from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

reader = InMemoryMetricReader()
provider = MeterProvider(metric_readers=[reader])
provider.get_meter("a").create_counter("early").add(1)
metrics.set_meter_provider(provider)
provider.get_meter("b").create_counter("late").add(1)
metrics.get_meter("c").create_counter("global").add(1)
data = reader.get_metrics_data()
names = [metric.name for r in data.resource_metrics for scope in r.scope_metrics for metric in scope.metrics]
print(sorted(name for name in names if name in ("early", "late", "global")))
