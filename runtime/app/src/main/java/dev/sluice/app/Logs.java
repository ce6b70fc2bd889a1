package dev.sluice.app;

import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Logs go to stderr, a line each. {@code SLUICE_LOG} is {@code error, warn, info, debug} or {@code trace}. */
final class Logs {
    private static final Map<String, Level> LEVELS = Map.of(
            "error", Level.SEVERE, "warn", Level.WARNING, "info", Level.INFO, "debug", Level.FINE, "trace", Level.ALL);

    /** Kept, because loggers that nobody holds lose their level. */
    private static final Logger OURS = Logger.getLogger("dev.sluice");

    private Logs() {}

    static void toStandardError() {
        String wanted = System.getenv().getOrDefault("SLUICE_LOG", "info").toLowerCase(Locale.ROOT);
        Level level = LEVELS.getOrDefault(wanted, Level.INFO);
        LogManager.getLogManager().reset();
        Handler handler = new ConsoleHandler();
        handler.setLevel(Level.ALL);
        handler.setFormatter(new Line(level.intValue() <= Level.FINE.intValue()));
        Logger root = Logger.getLogger("");
        root.addHandler(handler);
        root.setLevel(level.intValue() < Level.INFO.intValue() ? Level.INFO : Level.WARNING);
        OURS.setLevel(level);
    }

    /** {@code 2026-11-24T02:33:01.123Z INFO  gateway.Gateway: message}. */
    static final class Line extends Formatter {
        private static final DateTimeFormatter TIME =
                DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSX").withZone(ZoneOffset.UTC);

        private final boolean traces;

        Line(boolean traces) {
            this.traces = traces;
        }

        @Override
        public String format(LogRecord event) {
            StringBuilder line = new StringBuilder(160);
            line.append(TIME.format(event.getInstant()));
            line.append(' ').append(level(event.getLevel())).append(' ');
            line.append(name(event.getLoggerName())).append(": ");
            line.append(formatMessage(event).replace('\n', ' ').replace('\r', ' '));
            Throwable cause = event.getThrown();
            for (int depth = 0; cause != null && depth < 5; depth++) {
                line.append(depth == 0 ? " | " : " <- ").append(cause.toString().replace('\n', ' '));
                StackTraceElement[] trace = cause.getStackTrace();
                if (trace.length > 0) {
                    line.append(" at ")
                            .append(trace[0].getFileName())
                            .append(':')
                            .append(trace[0].getLineNumber());
                }
                cause = cause.getCause();
            }
            line.append('\n');
            if (traces && event.getThrown() != null) {
                for (StackTraceElement element : event.getThrown().getStackTrace()) {
                    line.append("    at ").append(element).append('\n');
                }
            }
            return line.toString();
        }

        private static String level(Level level) {
            int value = level.intValue();
            return value >= Level.SEVERE.intValue()
                    ? "ERROR"
                    : value >= Level.WARNING.intValue() ? "WARN " : value >= Level.INFO.intValue() ? "INFO " : "DEBUG";
        }

        private static String name(String logger) {
            return logger.startsWith("dev.sluice.") ? logger.substring("dev.sluice.".length()) : logger;
        }
    }
}
