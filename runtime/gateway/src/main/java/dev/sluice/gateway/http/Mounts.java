package dev.sluice.gateway.http;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * Virtual threads that run on a thread of ours instead of on the JDK's pool.
 *
 * <p>JDK 25 has no public way to say where a virtual thread is mounted; its own tests use a constructor that is not public.
 * We use it because it is worth half of what a request costs: a request's logic then runs on the thread that has just read
 * the request, so nobody is woken, nothing is handed over, and whatever came in together is written together. It needs
 * {@code Add-Opens: java.base/java.lang} in the jar's manifest (or {@code --add-opens}). Without that, or on a JDK where
 * the constructor is gone, there is no harm: requests run on the JDK's own pool as before. {@code MountsTest} holds it.
 */
final class Mounts {
    private static final System.Logger LOG = System.getLogger(Mounts.class.getName());
    private static final Optional<Constructor<?>> BUILDER = find();

    private Mounts() {}

    private static Optional<Constructor<?>> find() {
        try {
            Constructor<?> found = Class.forName("java.lang.ThreadBuilders$VirtualThreadBuilder")
                    .getDeclaredConstructor(Executor.class);
            found.setAccessible(true);
            return Optional.of(found);
        } catch (ReflectiveOperationException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "requests run on the JDK's own pool", e);
            return Optional.empty();
        }
    }

    /** Makes virtual threads that an executor mounts; empty when this JVM does not allow it. */
    static Optional<Thread.Builder.OfVirtual> on(Executor executor) {
        if (BUILDER.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of((Thread.Builder.OfVirtual) BUILDER.get().newInstance(executor));
        } catch (InstantiationException | IllegalAccessException | InvocationTargetException | ClassCastException e) {
            LOG.log(System.Logger.Level.DEBUG, "requests run on the JDK's own pool", e);
            return Optional.empty();
        }
    }
}
