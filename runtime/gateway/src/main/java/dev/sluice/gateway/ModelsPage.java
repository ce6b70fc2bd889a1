package dev.sluice.gateway;

import java.util.Optional;
import java.util.Set;

/** {@code /v1/models} in OpenAI's shape. */
final class ModelsPage {
    private static final long CREATED = 1_767_225_600L;

    private ModelsPage() {}

    /** All models that clients may use. */
    static String list(Set<String> models) {
        StringBuilder json = new StringBuilder("{\"object\":\"list\",\"data\":[");
        String comma = "";
        for (String model : models) {
            json.append(comma).append(model(model));
            comma = ",";
        }
        return json.append("]}").toString();
    }

    /** One of them. */
    static Optional<String> one(Set<String> models, String name) {
        return models.contains(name) ? Optional.of(model(name)) : Optional.empty();
    }

    private static String model(String model) {
        return "{\"id\":" + Json.quote(model) + ",\"object\":\"model\",\"created\":" + CREATED
                + ",\"owned_by\":\"sluice\"}";
    }
}
