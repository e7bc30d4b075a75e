/** chart.js with the parts that are used, and no others. */
import { Chart, LinearScale, LineController, LineElement, LogarithmicScale, PointElement } from 'chart.js';

Chart.register(LineController, LineElement, PointElement, LinearScale, LogarithmicScale);

export { Chart };
