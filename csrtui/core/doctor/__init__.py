"""What the doctor judges: the places and the contents of a store, as plain facts; see `csrtui.tasks.doctor`."""
