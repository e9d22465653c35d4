"""What every test shares: how hypothesis searches."""

import os

from hypothesis import HealthCheck, Phase, settings

# No deadline and no complaint about slow generation: two busy cores say nothing about the code.
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# In CI the same examples are drawn every time, so that a red run can be repeated.
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, print_blob=True)
# A mutant is judged once, by the same examples as the next; making a failing one small is no use.
settings.register_profile(
    "mutants", settings.get_profile("ci"), phases=[Phase.explicit, Phase.generate], database=None
)
usual = "ci" if os.environ.get("CI") else "local"
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", usual))
# Run in a process of its own: Django wants its settings before anything of it is looked at.
collect_ignore = ["openid_provider.py"]
