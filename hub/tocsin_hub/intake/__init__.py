"""The door: what every change passes before it may enter the log.

admit (pure: bytes to Admitted or one named refusal) -> guards in the append transaction (threads, moderate) -> receipt.
receive is the conductor; it is the only file here that knows about threads of execution.
"""
