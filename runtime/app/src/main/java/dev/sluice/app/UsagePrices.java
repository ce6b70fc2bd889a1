package dev.sluice.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * What tokens cost, by model.
 *
 * @param of prices of a million tokens by model; {@code default} for the others
 */
record UsagePrices(Map<String, Price> of) {
    static final UsagePrices NONE = new UsagePrices(Map.of());

    /**
     * Of a million tokens, in whatever currency.
     *
     * @param input of prompts
     * @param cached of that part of a prompt that an engine had already
     */
    record Price(double input, double cached, double output) {
        static final Price NOTHING = new Price(0, 0, 0);
    }

    static UsagePrices read(Path file) throws IOException {
        JsonNode tree;
        try {
            tree = new ObjectMapper()
                    .valueToTree(new Load(LoadSettings.builder()
                                    .setLabel(file.toString())
                                    .build())
                            .loadFromString(Files.readString(file)));
        } catch (YamlEngineException wrong) {
            throw new IOException(file + " is not YAML: " + wrong.getMessage(), wrong);
        }
        if (!tree.isObject()) {
            throw new IOException(file + ": expected models with their prices");
        }
        Map<String, Price> prices = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : tree.properties()) {
            JsonNode price = entry.getValue();
            double input = number(file, entry.getKey(), price, "input");
            prices.put(
                    entry.getKey(),
                    new Price(
                            input,
                            price.has("cached") ? number(file, entry.getKey(), price, "cached") : input,
                            number(file, entry.getKey(), price, "output")));
        }
        return new UsagePrices(prices);
    }

    private static double number(Path file, String model, JsonNode price, String field) throws IOException {
        JsonNode value = price.path(field);
        if (!value.isNumber() || value.asDouble() < 0) {
            throw new IOException(file + ": " + model + "." + field + " must be a number, 0 or more");
        }
        return value.asDouble();
    }

    double cost(String model, long prompt, long cached, long output) {
        Price price = of.getOrDefault(model, of.getOrDefault("default", Price.NOTHING));
        return ((prompt - cached) * price.input + cached * price.cached + output * price.output) / 1e6;
    }
}
