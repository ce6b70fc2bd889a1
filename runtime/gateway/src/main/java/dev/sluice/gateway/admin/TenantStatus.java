package dev.sluice.gateway.admin;

import java.util.List;

/**
 * One tenant.
 *
 * @param tenant its name
 * @param models the models that it may use
 * @param note what an operator should know; empty when nothing
 * @param file where it is written; empty when nowhere
 * @param keys its keys, without what is secret of them
 * @param requestsInFlight requests that count for its quota now
 * @param errors what is wrong with its file
 */
public record TenantStatus(
        String tenant,
        List<String> models,
        String note,
        String file,
        List<Key> keys,
        int requestsInFlight,
        List<String> errors) {
    /**
     * A key.
     *
     * @param expires empty: never
     */
    public record Key(String id, String expires) {}

    /** One that is written nowhere. */
    public TenantStatus(String tenant, List<String> models, String note) {
        this(tenant, models, note, "", List.of(), 0, List.of());
    }
}
