"""Calibrates estimators."""

import click

from ibsweep.calibration import task as command


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("overrides", nargs=-1, type=click.UNPROCESSED)
def calibrate(overrides: tuple[str, ...]) -> None:
    r"""Measure samples whose information is known: bias, spread and error bars of estimators.

    OVERRIDES are Hydra's, of conf/calibration.yaml; values separated by commas are swept:

    \b
      ibsweep calibrate distribution=normal 'distribution.dims=[2,2]' \
          information=0,1,2.5 samples=5000 estimator=wkl,ksg 'seed=range(10)'

    The same command again measures only what is missing. Information is in bits.
    """
    command.run(overrides)
