"""The demo district: fictional people and departments' files made with a seed, and one lived year through the doors."""
