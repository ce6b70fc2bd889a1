package dev.sluice.gateway.admin;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import dev.sluice.core.EndpointStatus;
import dev.sluice.spi.Role;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Records as JSON: an unknown number (NaN) and an empty optional are null, times are ISO 8601, states have their labels. */
final class AdminJson {
    private static final ObjectMapper MAPPER = new ObjectMapper()
            .registerModule(new SimpleModule()
                    .addSerializer(Double.class, writer(AdminJson::number))
                    .addSerializer(double.class, writer(AdminJson::number))
                    .addSerializer(Float.class, writer((value, json) -> number(value.doubleValue(), json)))
                    .addSerializer(float.class, writer((value, json) -> number(value.doubleValue(), json)))
                    .addSerializer(
                            Optional.class, writer((value, json) -> json.writePOJO(((Optional<?>) value).orElse(null))))
                    .addSerializer(
                            OptionalInt.class,
                            writer((value, json) -> json.writePOJO(value.isPresent() ? value.getAsInt() : null)))
                    .addSerializer(
                            OptionalLong.class,
                            writer((value, json) -> json.writePOJO(value.isPresent() ? value.getAsLong() : null)))
                    .addSerializer(
                            OptionalDouble.class, writer((value, json) -> number(value.orElse(Double.NaN), json)))
                    .addSerializer(EndpointStatus.class, writer((value, json) -> json.writeString(value.label())))
                    .addSerializer(Role.class, writer((value, json) -> json.writeString(value.label())))
                    .addSerializer(Instant.class, ToStringSerializer.instance)
                    .addSerializer(Duration.class, ToStringSerializer.instance));

    @FunctionalInterface
    private interface Write<T> {
        void write(T value, JsonGenerator json) throws IOException;
    }

    private AdminJson() {}

    /** @throws IllegalStateException when the value is of a kind that can't be shown */
    static byte[] bytes(Object value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(
                    "not to be shown as JSON: " + value.getClass().getName(), e);
        }
    }

    private static void number(Double value, JsonGenerator json) throws IOException {
        if (value.isNaN() || value.isInfinite()) {
            json.writeNull();
        } else {
            json.writeNumber(value);
        }
    }

    private static <T> JsonSerializer<T> writer(Write<T> write) {
        return new JsonSerializer<>() {
            @Override
            public void serialize(T value, JsonGenerator json, SerializerProvider provider) throws IOException {
                write.write(value, json);
            }
        };
    }
}
