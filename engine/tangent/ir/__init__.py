"""The intermediate representation: structured statements over expression trees."""
