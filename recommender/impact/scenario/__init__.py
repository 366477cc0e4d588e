"""What a scenario assumes, and how sellers and shoppers react to it by month."""
