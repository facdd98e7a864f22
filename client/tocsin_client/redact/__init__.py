"""The gate: nothing written by a person leaves this machine before a person has seen and approved its exact bytes."""
