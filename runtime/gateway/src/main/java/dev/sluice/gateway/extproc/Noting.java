package dev.sluice.gateway.extproc;

import io.grpc.MethodDescriptor.Marshaller;
import java.io.InputStream;

/**
 * Reads messages as another does, and notes when one can't be read: Helidon tells nobody, and {@link CallGuard} must say
 * why the call ends.
 */
record Noting<T>(Marshaller<T> other) implements Marshaller<T> {
    @Override
    public InputStream stream(T value) {
        return other.stream(value);
    }

    @Override
    public T parse(InputStream stream) {
        try {
            return other.parse(stream);
        } catch (RuntimeException unreadable) {
            CallGuard.UNREADABLE.set(true);
            throw unreadable;
        }
    }
}
