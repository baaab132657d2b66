"""The doctor's checks, which derive findings from facts about a store and its pairs (`csrtui.tasks.doctor`)."""
