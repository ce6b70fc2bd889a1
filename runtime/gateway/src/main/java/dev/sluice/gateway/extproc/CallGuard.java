package dev.sluice.gateway.extproc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Sees that no caller is left waiting: what a service throws, a message that can't be read, and a deadline that has passed
 * all close the call with a status. Messages and the close may come from several threads.
 */
final class CallGuard implements ServerInterceptor, AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.sluice.extproc");
    private static final Metadata.Key<String> TIMEOUT =
            Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER);
    /** Set by {@link Noting} on the thread that could not read a message. */
    static final ThreadLocal<Boolean> UNREADABLE = new ThreadLocal<>();
    /** Set while a client's reset is handed on: Helidon tells of one as it tells of a message that it can't read. */
    private static final ThreadLocal<Boolean> RESET = new ThreadLocal<>();

    private final int maxMessage;
    private final ScheduledThreadPoolExecutor clock;

    CallGuard(int maxMessage) {
        this.maxMessage = maxMessage;
        clock = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().name("extproc-deadlines").daemon().factory());
        clock.setRemoveOnCancelPolicy(true);
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }

    /** Hands a client's reset on. */
    static void reset(Runnable tell) {
        RESET.set(true);
        try {
            tell.run();
        } finally {
            RESET.remove();
        }
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        OneWriter<Q, R> guarded = new OneWriter<>(call);
        Guarded<Q, R> listener = new Guarded<>(guarded);
        try {
            listener.service = next.startCall(guarded, headers);
        } catch (RuntimeException e) {
            listener.failed(e);
        }
        String timeout = headers.get(TIMEOUT);
        if (timeout != null) {
            listener.within(nanos(timeout));
        }
        return listener;
    }

    /** {@code 100m} and the like: digits and a unit; {@link Long#MAX_VALUE} for what is none. */
    static long nanos(String timeout) {
        try {
            long value = Long.parseLong(timeout, 0, timeout.length() - 1, 10);
            return switch (timeout.charAt(timeout.length() - 1)) {
                case 'n' -> value;
                case 'u' -> TimeUnit.MICROSECONDS.toNanos(value);
                case 'm' -> TimeUnit.MILLISECONDS.toNanos(value);
                case 'S' -> TimeUnit.SECONDS.toNanos(value);
                case 'M' -> TimeUnit.MINUTES.toNanos(value);
                case 'H' -> TimeUnit.HOURS.toNanos(value);
                default -> Long.MAX_VALUE;
            };
        } catch (NumberFormatException | IndexOutOfBoundsException none) {
            return Long.MAX_VALUE;
        }
    }

    private final class Guarded<Q, R> extends ServerCall.Listener<Q> {
        private final OneWriter<Q, R> call;
        private ServerCall.@Nullable Listener<Q> service;
        private volatile @Nullable Future<?> deadline;
        private final AtomicBoolean cancelled = new AtomicBoolean();

        Guarded(OneWriter<Q, R> call) {
            this.call = call;
        }

        void within(long nanos) {
            deadline = clock.schedule(
                    () -> Thread.ofVirtual().name("extproc-deadline").start(this::late), nanos, TimeUnit.NANOSECONDS);
        }

        private void late() {
            end(Status.DEADLINE_EXCEEDED);
        }

        /** Tells the caller, and the service that its caller is no longer there. */
        private void end(Status status) {
            call.close(status, new Metadata());
            cancel();
        }

        /** Once, however many ways lead here. */
        private void cancel() {
            ServerCall.Listener<Q> told = service;
            if (told != null && cancelled.compareAndSet(false, true)) {
                told.onCancel();
            }
        }

        void failed(Throwable cause) {
            if (!call.isCancelled()) {
                LOG.log(System.Logger.Level.ERROR, "a call failed", cause);
            }
            end(Status.INTERNAL.withDescription("the service failed"));
        }

        private void tell(java.util.function.Consumer<ServerCall.Listener<Q>> event) {
            ServerCall.Listener<Q> told = service;
            if (told == null) {
                return;
            }
            try {
                event.accept(told);
            } catch (RuntimeException | StackOverflowError | LinkageError e) {
                failed(e);
            }
        }

        @Override
        public void onMessage(Q message) {
            tell(listener -> listener.onMessage(message));
        }

        @Override
        public void onHalfClose() {
            tell(ServerCall.Listener::onHalfClose);
        }

        @Override
        public void onReady() {
            tell(ServerCall.Listener::onReady);
        }

        @Override
        public void onCancel() {
            stopClock();
            if (call.isCancelled() || Boolean.TRUE.equals(RESET.get())) {
                cancel();
                return;
            }
            // Not the client's: Helidon gives up on a message this way, and tells nobody.
            boolean unreadable = Boolean.TRUE.equals(UNREADABLE.get());
            UNREADABLE.remove();
            end(
                    unreadable
                            ? Status.INTERNAL.withDescription("a message that is none of this service's")
                            : Status.RESOURCE_EXHAUSTED.withDescription(
                                    "a message of more than " + maxMessage + " bytes"));
        }

        @Override
        public void onComplete() {
            stopClock();
            tell(ServerCall.Listener::onComplete);
        }

        private void stopClock() {
            Future<?> running = deadline;
            if (running != null) {
                running.cancel(false);
            }
        }
    }

    /** Helidon's calls are for one thread; this one lets several write, one at a time, and closes once. */
    private static final class OneWriter<Q, R> extends SimpleForwardingServerCall<Q, R> {
        private final ReentrantLock lock = new ReentrantLock();
        private boolean closed;

        OneWriter(ServerCall<Q, R> call) {
            super(call);
        }

        @Override
        public void sendHeaders(Metadata headers) {
            lock.lock();
            try {
                if (!closed) {
                    super.sendHeaders(headers);
                }
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void sendMessage(R message) {
            lock.lock();
            try {
                if (!closed) {
                    super.sendMessage(message);
                }
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void close(Status status, Metadata trailers) {
            lock.lock();
            try {
                if (!closed) {
                    closed = true;
                    super.close(status, trailers);
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
