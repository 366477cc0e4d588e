"""A shop without sellers is judged by the shipped policies that promise sellers nothing."""

import pandas as pd

from recommender.steps import fitting_policies, shipped_policies


class ShopOf:
    def __init__(self, **columns):
        self.catalogue = pd.DataFrame(columns)


def test_policies_with_seller_floors_are_left_out_where_nobody_names_a_seller():
    promising = {p.name for p in shipped_policies() if p.sellers.couple_shoppers}
    assert promising == {"seller-floors"}
    without = {policy.name for policy in fitting_policies(ShopOf(product_id=["a"]))}
    unnamed = {policy.name for policy in fitting_policies(ShopOf(seller_id=[None, None]))}
    everything = {policy.name for policy in fitting_policies(ShopOf(seller_id=["s", None]))}
    assert without == unnamed == everything - promising
    assert everything == {policy.name for policy in shipped_policies()}
