"""What everything else needs: errors, secrets, findings, text made safe to display."""
