"""Service Quotas as far as the scenario says what an account may have (Service Quotas API reference)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from moto.servicequotas.resources.default_quotas.vpc import VPC_DEFAULT_QUOTAS
from moto.servicequotas.responses import ServiceQuotasResponse

from wizard.sandbox.aws.services.base import AwsError, Extended

INTERFACE_ENDPOINTS_PER_VPC = "L-29B6F2EB"
"""VPC user guide, "Amazon VPC quotas"."""


class SandboxQuotasApi(Extended, ServiceQuotasResponse):
    """The operations; each follows the page of its name in the Service Quotas API reference."""

    def get_service_quota(self) -> str:
        """GetServiceQuota."""
        asked = json.loads(self.body)
        found = [one for one in self._quotas(str(asked.get("ServiceCode"))) if one["QuotaCode"] == asked.get("QuotaCode")]
        if not found:
            message = "The request failed because the specified service or quota does not exist."
            raise AwsError("NoSuchResourceException", message)
        return json.dumps({"Quota": found[0]})

    def list_service_quotas(self) -> str:
        """ListServiceQuotas, in one page."""
        return json.dumps({"Quotas": self._quotas(str(json.loads(self.body).get("ServiceCode")))})

    def _quotas(self, service: str) -> list[Mapping[str, object]]:
        scenario = self.world.scenario
        values = {INTERFACE_ENDPOINTS_PER_VPC: float(scenario.quotas.interface_endpoints_per_vpc)}
        arn = f"arn:{scenario.partition}:servicequotas:{self.region}:{scenario.account_id}:vpc/"
        return [
            {**quota, "QuotaArn": f"{arn}{quota['QuotaCode']}", "Value": values.get(str(quota["QuotaCode"]), quota["Value"])}
            for quota in (VPC_DEFAULT_QUOTAS if service == "vpc" else ())
        ]
