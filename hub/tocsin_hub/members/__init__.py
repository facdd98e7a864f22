"""The members: who may write and who may read what."""
