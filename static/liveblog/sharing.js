// Starts the controls for sharing on pages that are not live.
import { startSharing } from "./share.js";

startSharing();
