"""The rules of the doctor: plain facts about a store and its pairs become findings; see `csrtui.tasks.doctor`."""
