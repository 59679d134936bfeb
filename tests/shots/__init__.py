"""Pictures of every place that people see, for looking at them: `make shots`."""
