package dev.sluice.gateway;

import dev.sluice.gateway.stream.GatewayError;
import dev.sluice.gateway.tenant.Caller;
import dev.sluice.gateway.tenant.Tenants;

/** Lets callers in, or says why not. Nothing that it says repeats what came as a key. */
final class Callers {
    private Callers() {}

    /** Who has sent this key. */
    static Caller of(Tenants tenants, String key) throws Refused {
        Caller caller = tenants.caller(key);
        return switch (caller.verdict()) {
            case WELCOME -> caller;
            case MISSING ->
                throw new Refused(
                        GatewayError.INVALID_API_KEY,
                        "An API key is needed: Authorization: Bearer KEY, or x-api-key: KEY.",
                        "no_api_key",
                        0);
            case UNKNOWN -> throw new Refused(GatewayError.INVALID_API_KEY, "The API key is not valid.");
            case SHARED ->
                throw new Refused(
                        GatewayError.ROUTE_NOT_ALLOWED, "This token belongs to more than one tenant, so to none.");
            case UNCHECKED ->
                throw new Refused(
                        GatewayError.OVERLOADED, "Tokens of this issuer can't be checked now.", Refused.NO_ISSUER, 5);
            case BROKEN ->
                throw new Refused(
                        GatewayError.OVERLOADED,
                        "The gateway's settings for this API key are broken.",
                        Refused.BROKEN_TENANT,
                        5);
        };
    }
}
