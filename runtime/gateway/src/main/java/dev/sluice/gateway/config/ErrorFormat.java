package dev.sluice.gateway.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.stream.Collectors;

/** How errors and warnings are written out. */
public enum ErrorFormat {
    /** One line each: {@code file:line:col: path: message}. */
    TEXT {
        @Override
        public String format(List<ConfigError> errors, List<ConfigError> warnings) {
            StringBuilder out = new StringBuilder();
            errors.forEach(error -> out.append(error).append('\n'));
            warnings.forEach(warning -> out.append(withMark(warning)).append('\n'));
            return out.toString();
        }

        private String withMark(ConfigError warning) {
            return new ConfigError(
                            warning.file(),
                            warning.line(),
                            warning.column(),
                            warning.path(),
                            "warning: " + warning.message())
                    .toString();
        }
    },
    /** Workflow commands that GitHub shows at the line of a pull request. */
    GITHUB {
        @Override
        public String format(List<ConfigError> errors, List<ConfigError> warnings) {
            return errors.stream().map(error -> command("error", error)).collect(Collectors.joining())
                    + warnings.stream()
                            .map(warning -> command("warning", warning))
                            .collect(Collectors.joining());
        }

        private String command(String level, ConfigError error) {
            String message = (error.path().isEmpty() ? "" : error.path() + ": ") + error.message();
            return "::" + level + " file=" + property(error.file()) + ",line=" + error.line() + ",col=" + error.column()
                    + "::" + data(message) + "\n";
        }

        private String data(String text) {
            return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A");
        }

        private String property(String text) {
            return data(text).replace(":", "%3A").replace(",", "%2C");
        }
    },
    /** One object: {@code {"errors": [{file, line, column, path, message}], "warnings": […]}}. */
    JSON {
        @Override
        public String format(List<ConfigError> errors, List<ConfigError> warnings) {
            try {
                return new ObjectMapper()
                                .writerWithDefaultPrettyPrinter()
                                .writeValueAsString(new Report(errors, warnings))
                        + "\n";
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("a list of records is always JSON", e);
            }
        }
    };

    /** All errors, then all warnings, each entry ended by a newline; empty when there is none (but for JSON). */
    public abstract String format(List<ConfigError> errors, List<ConfigError> warnings);

    private record Report(List<ConfigError> errors, List<ConfigError> warnings) {}
}
