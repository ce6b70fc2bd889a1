package dev.sluice.gateway.admin;

import java.util.List;

/**
 * One tenant.
 *
 * @param tenant its name
 * @param models the models that it may use
 * @param note what an operator should know; empty when nothing
 */
public record TenantStatus(String tenant, List<String> models, String note) {}
