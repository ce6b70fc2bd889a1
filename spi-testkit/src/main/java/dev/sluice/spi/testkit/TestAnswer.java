package dev.sluice.spi.testkit;

import dev.sluice.spi.Answer;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an engine answered.
 *
 * @param body JSON; what is none has no values
 */
public record TestAnswer(int status, String body) implements Answer {
    /** One with status 200. */
    public static TestAnswer of(String body) {
        return new TestAnswer(200, body);
    }

    @Override
    public Optional<String> json(String... path) {
        String value = body;
        for (String name : path) {
            Optional<String> inner = TestJson.members(value).map(members -> members.getOrDefault(name, "null"));
            if (inner.isEmpty()) {
                return Optional.empty();
            }
            value = inner.get();
        }
        return TestJson.isValue(value) && !value.equals("null") ? Optional.of(value) : Optional.empty();
    }

    @Override
    public Optional<String> text(String... path) {
        return json(path).flatMap(TestJson::string);
    }

    @Override
    public List<String> names(String... path) {
        return json(path)
                .flatMap(TestJson::members)
                .map(Map::keySet)
                .map(List::copyOf)
                .orElse(List.of());
    }
}
