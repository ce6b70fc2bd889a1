package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Instant;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class LogsTest {
    @Test
    void anEventIsOneLineItsCausesIncluded() {
        LogRecord event = new LogRecord(Level.WARNING, "could not\nread {0}");
        event.setParameters(new Object[] {"it"});
        event.setInstant(Instant.parse("2026-01-02T03:04:05Z"));
        event.setLoggerName("dev.sluice.gateway.Gateway");
        event.setThrown(new IOException("outer", new IOException("inner")));

        assertThat(new Logs.Line(false).format(event))
                .matches("2026-01-02T03:04:05\\.000Z WARN  gateway.Gateway: could not read it \\| "
                        + "java.io.IOException: outer at LogsTest.java:\\d+ <- "
                        + "java.io.IOException: inner at LogsTest.java:\\d+\n");
    }
}
