package dev.sluice.core.scan;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.util.Arrays;

/** Bodies against Jackson: refused by both or by none, read and edited alike. */
class BodyScanFuzzTest {
    private static final Api[] APIS = Api.values();
    private final BodyScanner scanner = new BodyScanner(Oracle.PATHS);

    /** @param input the API's number, and a body */
    @FuzzTest
    void scan(byte[] input) throws IOException {
        if (input.length == 0) {
            return;
        }
        Api api = APIS[(input[0] & 0xff) % APIS.length];
        byte[] json = Arrays.copyOfRange(input, 1, input.length);
        BodyScanDifferentialTest.agree(scanner, api, json, (input[0] & 0x80) != 0);
    }
}
