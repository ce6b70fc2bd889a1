package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OpenFilesTest {
    @Test
    void theLimitInForceIsReadAndNotTheOneThatItMayBeRaisedTo() {
        String limits = """
            Limit                     Soft Limit           Hard Limit           Units
            Max processes             unlimited            unlimited            processes
            Max open files            1024                 524288               files
            """;
        assertThat(OpenFiles.limit(limits)).isEqualTo(1024);
        assertThat(OpenFiles.limit("Max open files   unlimited  unlimited files\n"))
                .isEqualTo(Long.MAX_VALUE);
        assertThat(OpenFiles.limit("nothing of it\n")).isEqualTo(Long.MAX_VALUE);
        assertThat(OpenFiles.limit()).isPositive();
    }

    @Test
    void eachClientHasAConnectionToAnEngineAndTheRestNeedsFilesToo() {
        assertThat(OpenFiles.connections(20_000, Long.MAX_VALUE)).isEqualTo(20_000);
        assertThat(OpenFiles.connections(20_000, 1024)).isEqualTo(412);
        assertThat(OpenFiles.connections(100, 1024)).isEqualTo(100);
        assertThat(OpenFiles.connections(20_000, 64)).isEqualTo(16);
    }
}
