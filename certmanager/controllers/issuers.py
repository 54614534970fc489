"""Says whether an Issuer or a ClusterIssuer can sign (upstream: pkg/controller/issuers, pkg/issuer/…/setup.go)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from certmanager.apis import conditions
from certmanager.apis.issuer import CAIssuer, Issuer, SelfSignedIssuer
from certmanager.cluster import Cluster, KindAndKey, Now
from certmanager.issuers.ca import InvalidKeyPairError, SigningPair
from certmanager.recorder import Recorder
from reconciling.cache import Key
from reconciling.conditions import Condition, set_condition
from reconciling.errors import NotFound

_GETTING = "Error getting keypair for CA issuer: "
_INITIALIZING = "Error initializing issuer: "


@dataclass(frozen=True)
class Issuers:
    """upstream's issuers and clusterissuers; `recorders` by kind."""

    cluster: Cluster
    recorders: Mapping[str, Recorder]
    now: Now

    async def reconcile(self, kind_and_key: KindAndKey) -> None:
        """Bring the condition Ready to what is so.

        Raises:
            Retry: it can't be written now.
        """
        kind, key = kind_and_key
        issuer = self.cluster.issuers[kind].cache.get(key)
        if issuer is None or issuer.metadata.deleting or issuer.config is None:
            return
        ready = await self._ready(issuer)
        wanted = set_condition(issuer.conditions, ready, issuer.metadata.generation, self.now())
        if not ready.message:
            wanted = [{field: value for field, value in one.items() if value != ""} for one in wanted]
        if wanted == [dict(one) for one in issuer.conditions]:
            return
        try:
            await self.cluster.issuers[kind].patch_status(issuer, {"conditions": wanted})
        except NotFound:
            return
        self._record(self.recorders[kind], issuer, ready)

    async def _ready(self, issuer: Issuer) -> Condition:
        if isinstance(issuer.config, SelfSignedIssuer):
            return Condition(conditions.READY, True, conditions.IS_READY, "")
        assert isinstance(issuer.config, CAIssuer)
        where = Key(self.cluster.resource_namespace(issuer), issuer.config.secret_name)
        secret = self.cluster.secrets.cache.get(where)
        if secret is None:
            return _failed(conditions.ERR_GET_KEY_PAIR, f'secrets "{where.name}" not found')
        try:
            pair = await asyncio.to_thread(SigningPair.of, secret.data)
        except InvalidKeyPairError as error:
            return _failed(conditions.ERR_GET_KEY_PAIR, str(error))
        if not pair.may_sign:
            return _failed(conditions.ERR_INVALID_KEY_PAIR, "certificate is not a CA")
        return Condition(conditions.READY, True, conditions.KEY_PAIR_VERIFIED, "Signing CA verified")

    @staticmethod
    def _record(recorder: Recorder, issuer: Issuer, ready: Condition) -> None:
        if not ready.status:
            recorder.warning(issuer, ready.reason, ready.message)
            if ready.reason == conditions.ERR_GET_KEY_PAIR:
                cause = ready.message.removeprefix(_GETTING)
                recorder.warning(issuer, conditions.ERR_INIT_ISSUER, _INITIALIZING + cause)
        elif ready.message:
            recorder.normal(issuer, ready.reason, ready.message)


def _failed(reason: str, cause: str) -> Condition:
    return Condition(conditions.READY, False, reason, _GETTING + cause)
