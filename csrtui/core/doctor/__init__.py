"""The doctor's checks. They turn facts about a store and its pairs into findings (`csrtui.tasks.doctor`)."""
