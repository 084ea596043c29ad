"""One credential in Home Assistant: its ledger on disk, its tokens, its client."""
