"""Host names and addresses: parsed, internationalized, and judged by public suffix."""
