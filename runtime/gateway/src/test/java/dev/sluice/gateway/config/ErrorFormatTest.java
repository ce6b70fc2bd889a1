package dev.sluice.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ErrorFormatTest {
    private static final List<ConfigError> ERRORS =
            List.of(new ConfigError("a,b.yaml", 3, 7, "pools[0].name", "is missing: 100%"));
    private static final List<ConfigError> WARNINGS = List.of(new ConfigError("a.yaml", 1, 1, "", "open"));

    @Test
    void textIsOneLineForEach() {
        assertThat(ErrorFormat.TEXT.format(ERRORS, WARNINGS))
                .isEqualTo("a,b.yaml:3:7: pools[0].name: is missing: 100%\na.yaml:1:1: warning: open\n");
    }

    @Test
    void gitHubCommandsAreEscaped() {
        assertThat(ErrorFormat.GITHUB.format(ERRORS, WARNINGS)).isEqualTo("""
                        ::error file=a%2Cb.yaml,line=3,col=7::pools[0].name: is missing: 100%25
                        ::warning file=a.yaml,line=1,col=1::open
                        """);
    }

    @Test
    void jsonHoldsErrorsAndWarnings() {
        assertThat(ErrorFormat.JSON.format(ERRORS, WARNINGS)).isEqualToIgnoringWhitespace("""
                        {"errors": [{"file": "a,b.yaml", "line": 3, "column": 7, "path": "pools[0].name",
                                     "message": "is missing: 100%"}],
                         "warnings": [{"file": "a.yaml", "line": 1, "column": 1, "path": "", "message": "open"}]}
                        """);
    }
}
