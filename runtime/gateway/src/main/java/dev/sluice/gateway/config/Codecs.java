package dev.sluice.gateway.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The codecs by type. */
final class Codecs {
    private final Map<Class<?>, Codec<?>> codecs = new HashMap<>();

    /** What plugins' parameters may hold besides plain types and records. */
    static Codecs common() {
        return new Codecs()
                .with(Duration.class, new DurationForm())
                .with(Size.class, new Size.Form())
                .with(Path.class, new Paths())
                .with(SecretText.class, new SecretText.Form());
    }

    <T> Codecs with(Class<T> type, Codec<T> codec) {
        codecs.put(type, codec);
        return this;
    }

    @SuppressWarnings("unchecked") // with() is the only way in, and it pairs them.
    <T> Optional<Codec<T>> find(Class<T> type) {
        return Optional.ofNullable((Codec<T>) codecs.get(type));
    }

    @SuppressWarnings("unchecked") // As in find(): the codec was found by the value's own type.
    double measure(Object value) {
        return ((Codec<Object>) find(value.getClass()).orElseThrow()).measure(value);
    }

    @SuppressWarnings("unchecked") // The codec is that of the declared type of a component that holds the value.
    static Object show(Codec<?> codec, Object value) {
        return ((Codec<Object>) codec).show(value);
    }
}
