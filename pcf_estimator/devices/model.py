"""Devices: kg CO2e of a laptop, screen or phone from what a shop knows of it, with a range.

Learned from makers' own declarations (`data/device_seed.csv`), per device, without use at home. No
brand is read: makers differ by their method of declaring as much as by their devices, so a new
device is estimated as an unseen maker would declare it, and the range is calibrated the same way,
on makers left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pcf_estimator.devices.durables import KindMeans, kind_means
from pcf_estimator.devices.mixed import (
    ATTRIBUTES,
    Design,
    Mixed,
    Scale,
    design,
    fit_mixed,
    fit_scale,
    word_flags,
)
from pcf_estimator.ranges import conformal_quantile

Bools = np.ndarray
Floats = np.ndarray
Ints = np.ndarray

MAKER = "manufacturer"
MEMBERS = ("kind level", "attributes")
# Of what attributes say beside the level of the kind, the part that holds for makers left out.
HOLDS = 0.7
# What a shop may know: mass and screen, one of them, or neither (storage as it comes).
HIDDEN: Mapping[str, tuple[str, ...]] = {
    "mass, screen": (),
    "screen": ("mass_kg",),
    "mass": ("screen_inch",),
    "neither": ("mass_kg", "screen_inch"),
}
NEAREST = 5
ROWS_AT_ONCE = 10_000


@dataclass(frozen=True, kw_only=True)
class DeviceFigures:
    """Estimates of devices, each (rows,) in log10 kg, and the declarations they rest on."""

    log_kg: Floats
    members: Mapping[str, Floats]  # by MEMBERS: the kind's level, and what attributes add to it
    deviation: Floats  # what the mixed model expects to be off by: the difficulty
    known: pd.Series  # key of HIDDEN: which of mass and screen are known
    tier: pd.Series  # "model", "category" or "" for a kind without declarations
    nearest: Ints  # (rows, NEAREST) rows of the seed, the likest of the kind first, -1 for none
    similarity: Floats  # of the first, 0 to 1


class DeviceModel:
    """Estimates kg CO2e per device: the level of its kind and what its attributes add to it.

    The level is a median over the kind's devices less what attributes explain of them, so that a
    few odd makers do not set it; what attributes add comes from a mixed model.

    `target` is `kg_co2e` (without use, the figure for a shelf) or `kg_co2e_total` (as declared,
    cradle to grave). Fitting is deterministic and takes less than a second, so nothing is saved.
    """

    def __init__(
        self,
        *,
        target: str = "kg_co2e",
    ) -> None:
        self.target = target

    def fit(self, seed: pd.DataFrame) -> DeviceModel:
        """Learn from `seed`, a table of DEVICES; the ranges from makers left out in turn."""
        seed = seed.reset_index(drop=True)
        self.seed_ = seed
        self.means_ = self._means(seed)
        several = seed["kind"].map(self.means_.makers).to_numpy() > 1
        # a kind that one maker alone declares cannot tell a maker from a device
        self.learned_ = seed[several].reset_index(drop=True)
        self._fit_members(self.learned_)
        self.scores_ = self._leave_makers_out()
        return self

    def figures(self, devices: pd.DataFrame) -> DeviceFigures:
        """Estimates of `devices`: columns kind, name and ATTRIBUTES, NaN where not known."""
        parts = [
            self._figures(devices.iloc[start : start + ROWS_AT_ONCE])
            for start in range(0, max(len(devices), 1), ROWS_AT_ONCE)
        ]
        if len(parts) == 1:
            return parts[0]
        return DeviceFigures(
            log_kg=np.concatenate([part.log_kg for part in parts]),
            members={
                name: np.concatenate([part.members[name] for part in parts]) for name in MEMBERS
            },
            deviation=np.concatenate([part.deviation for part in parts]),
            known=pd.concat([part.known for part in parts]),
            tier=pd.concat([part.tier for part in parts]),
            nearest=np.concatenate([part.nearest for part in parts]),
            similarity=np.concatenate([part.similarity for part in parts]),
        )

    def half_widths(self, found: DeviceFigures, coverage: float) -> Floats:
        """Half the range of each estimate in log10, (rows,); NaN where there is no estimate."""
        quantile = {name: conformal_quantile(s, coverage) for name, s in self.scores_.items()}
        model = found.known.map(quantile).to_numpy(dtype=np.float64) * found.deviation
        kinds = found.tier.index.to_series()
        by_kind = self.means_.half_widths(kinds, coverage)
        learned = kinds.isin(self.kinds_).to_numpy()
        return np.select([found.tier == "", learned], [np.nan, model], by_kind)

    def _means(self, seed: pd.DataFrame) -> KindMeans:
        return kind_means(seed.assign(kg_co2e=seed[self.target]), MAKER)

    def _fit_members(self, known: pd.DataFrame) -> None:
        log_kg = np.log10(known[self.target].to_numpy(dtype=np.float64))
        self.scale_: Scale = fit_scale(known)
        self.design_: Design = design(known, word_flags(known["name"]), self.scale_)
        self.kinds_ = sorted(set(known["kind"]))
        makers = known[MAKER].to_numpy(dtype=object)
        self.mixed_: Mixed = fit_mixed(self.design_, log_kg, makers)
        beside = self._effects(self.design_)
        self.levels_ = pd.Series(log_kg - beside).groupby(known["kind"].to_numpy()).median()

    def _effects(self, new: Design) -> Floats:
        """What attributes add to the level of the kind, log10, (rows,)."""
        return self.mixed_.estimate(new) - self.mixed_.estimate(new.bare())

    def _members(self, devices: pd.DataFrame) -> tuple[dict[str, Floats], Floats, Design]:
        """Level of the kind and what attributes add to it (MEMBERS), deviation, and the design."""
        new = design(devices, word_flags(devices["name"]), self.scale_)
        beside = self._effects(new)
        level = devices["kind"].map(self.levels_).to_numpy(dtype=np.float64, na_value=np.nan)
        return {"kind level": level, "attributes": beside}, self.mixed_.deviation(new), new

    def _figures(self, devices: pd.DataFrame) -> DeviceFigures:
        members, deviation, new = self._members(devices)
        blend = members["kind level"] + HOLDS * members["attributes"]
        # with nothing said of it a device is the level of its kind, and says so by its tier
        said = devices[list(ATTRIBUTES)].notna().any(axis=1).to_numpy() | (new.words.any(axis=1))
        learned = devices["kind"].isin(self.kinds_).to_numpy()
        mean = devices["kind"].map(self.means_.log_kg).to_numpy(dtype=np.float64, na_value=np.nan)
        tier = np.select([learned & said, ~np.isnan(mean)], ["model", "category"], default="")
        nearest, similarity = self._nearest(new)
        kinds = pd.Index(devices["kind"])
        return DeviceFigures(
            log_kg=np.where(learned, blend, mean),
            members=members,
            deviation=deviation,
            known=pd.Series(known_attributes(devices), index=kinds, dtype="str"),
            tier=pd.Series(tier, index=kinds, dtype="str"),
            nearest=nearest,
            similarity=similarity,
        )

    def _nearest(self, new: Design) -> tuple[Ints, Floats]:
        """Rows of the seed likest in kind, attributes and words, and how like the first is."""
        seed = design(self.seed_, word_flags(self.seed_["name"]), self.scale_)
        same = new.kind[:, None] == seed.kind[None, :]
        apart = np.zeros(same.shape)
        for column in range(len(ATTRIBUTES)):
            gap = new.raw[:, column, None] - seed.raw[None, :, column]
            # not known on either side is neither like nor unlike: half a doubling
            apart += np.where(np.isnan(gap), 0.15, np.abs(gap)) * (column < 2 or 0.5)
        apart += 0.1 * np.abs(new.words[:, None, :] - seed.words[None, :, :]).sum(axis=2)
        apart = np.where(same, apart, np.inf)
        count = min(NEAREST, apart.shape[1])
        near = np.argsort(apart, axis=1, kind="stable")[:, :count]
        gap = np.take_along_axis(apart, near, axis=1)
        return np.where(np.isinf(gap), -1, near), np.exp(-2 * gap[:, 0])

    def _leave_makers_out(self) -> dict[str, Floats]:
        """Sorted conformal scores, |error| over deviation on makers left out, by what is known."""
        known = self.learned_
        scores: dict[str, list[Floats]] = {name: [np.zeros(0)] for name in HIDDEN}
        for maker in sorted(set(known[MAKER])):
            left = (known[MAKER] == maker).to_numpy()
            rest = known[~left].reset_index(drop=True)
            rows = known[left & known["kind"].isin(rest["kind"]).to_numpy()]
            if rest.empty or rows.empty:
                continue
            part = DeviceModel(target=self.target)
            part._fit_members(rest)
            for name, hidden in HIDDEN.items():
                shown = rows.assign(**dict.fromkeys(hidden, np.nan))
                # a row without a mass is no case of one that has it
                shown = shown[known_attributes(shown) == name]
                if len(shown):
                    members, deviation, _ = part._members(shown)
                    figure = np.log10(shown[self.target].to_numpy(dtype=np.float64))
                    blend = members["kind level"] + HOLDS * members["attributes"]
                    off = np.abs(blend - figure)
                    scores[name].append(off / deviation)
        return {name: np.sort(np.concatenate(parts)) for name, parts in scores.items()}


def known_attributes(devices: pd.DataFrame) -> np.ndarray:
    """Key of HIDDEN for each device, (rows,): which of mass and screen are there.

    >>> known_attributes(pd.DataFrame({"mass_kg": [1.0, np.nan], "screen_inch": [np.nan, 14.0]}))
    array(['mass', 'screen'], dtype='<U12')
    """
    mass = devices["mass_kg"].notna().to_numpy()
    screen = devices["screen_inch"].notna().to_numpy()
    return np.select(
        [mass & screen, screen, mass], ["mass, screen", "screen", "mass"], default="neither"
    )
