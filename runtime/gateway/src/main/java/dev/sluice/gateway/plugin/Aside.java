package dev.sluice.gateway.plugin;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs a plugin's code off any request: on a thread of its own, with its loader as the context, for so long at most. */
final class Aside {
    private Aside() {}

    /**
     * Runs and waits.
     *
     * @throws TimeoutException when it is not done in time; it is interrupted then, and left to itself
     * @throws ExecutionException with what it threw
     */
    static <T> T call(String name, ClassLoader loader, Duration limit, Callable<T> code)
            throws TimeoutException, ExecutionException, InterruptedException {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = Thread.ofPlatform().name(name).daemon().unstarted(() -> {
            try {
                result.complete(code.call());
            } catch (Throwable thrown) {
                result.completeExceptionally(thrown);
            } finally {
                // Whoever still knows this thread must not keep the loader by it.
                Thread.currentThread().setContextClassLoader(ClassLoader.getPlatformClassLoader());
            }
        });
        thread.setContextClassLoader(loader);
        thread.start();
        try {
            return result.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | InterruptedException late) {
            thread.interrupt();
            throw late;
        }
    }

    /** What was thrown, in words. A message is a plugin's code too and may itself fail. */
    static String words(Throwable thrown) {
        try {
            String message = thrown.getMessage();
            String name = thrown.getClass().getName();
            return message == null
                    ? name
                    : name + ": " + (message.length() > 200 ? message.substring(0, 200) : message);
        } catch (Throwable worse) {
            return "something that can't even say what it is";
        }
    }
}
