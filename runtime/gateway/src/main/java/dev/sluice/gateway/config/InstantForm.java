package dev.sluice.gateway.config;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;

/** Points in time: {@code 2027-01-01T00:00:00Z}, or a day, which means its beginning in UTC. */
final class InstantForm implements Codec<Instant> {
    @Override
    public Optional<Instant> read(Node node, Reading at) {
        return Scalars.text(node, at).flatMap(text -> {
            try {
                return Optional.of(
                        text.length() == 10
                                ? LocalDate.parse(text)
                                        .atStartOfDay(ZoneOffset.UTC)
                                        .toInstant()
                                : OffsetDateTime.parse(text).toInstant());
            } catch (DateTimeException e) {
                return at.error(node, "expected " + notation() + ", found " + node.describe());
            }
        });
    }

    @Override
    public String notation() {
        return "a time such as 2027-01-01T00:00:00Z";
    }

    @Override
    public Map<String, Object> schema() {
        return Map.of("type", "string", "minLength", 10);
    }
}
