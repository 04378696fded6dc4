/** The controls of the clock: slider, buttons, speed, unit. */
import { element, make } from './elements';
import type { Clock } from './clock';
import { countText, timeText } from './text';

/** Requests of the controls. */
export interface TimeEvents {
  moved(value: number): void;
  playToggled(): void;
  stepped(isBack: boolean): void;
  failureWanted(isBack: boolean): void;
  speedChanged(speed: number): void;
  unitChanged(unit: 'line' | 'time'): void;
  followToggled(isOn: boolean): void;
}

const UNIT_NAMES = { line: 'lines', time: 'time' } as const;

export class TimeBar {
  readonly slider = element('slider', HTMLInputElement);
  readonly #play = element('play', HTMLButtonElement);
  readonly #speed = element('speed', HTMLSelectElement);
  readonly #unit = element('clock', HTMLSelectElement);
  readonly #line = element('line', HTMLInputElement);
  readonly #follow = element('follow', HTMLInputElement);
  readonly #failureButtons = ['failure-back', 'failure-next'].map((id) => element(id, HTMLButtonElement));
  #unitOfSpeeds: string | undefined;

  constructor(isLive: boolean, events: TimeEvents) {
    this.slider.addEventListener('input', () => {
      events.moved(this.slider.valueAsNumber);
    });
    this.#line.addEventListener('change', () => {
      if (Number.isFinite(this.#line.valueAsNumber)) events.moved(this.#line.valueAsNumber);
    });
    this.#play.addEventListener('click', () => {
      events.playToggled();
    });
    for (const [id, isBack] of [
      ['back', true],
      ['forward', false],
    ] as const)
      element(id, HTMLButtonElement).addEventListener('click', () => {
        events.stepped(isBack);
      });
    this.#failureButtons.forEach((button, index) =>
      button.addEventListener('click', () => {
        events.failureWanted(index === 0);
      }),
    );
    this.#speed.addEventListener('change', () => {
      events.speedChanged(Number(this.#speed.value));
    });
    this.#unit.addEventListener('change', () => {
      events.unitChanged(this.#unit.value === 'time' ? 'time' : 'line');
    });
    this.#follow.addEventListener('change', () => {
      events.followToggled(this.#follow.checked);
    });
    const label = this.#follow.closest('label');
    if (label) label.hidden = !isLive;
    this.offerTime(false);
  }

  /** Offers the clock by time where the sources have times. */
  offerTime(hasTimes: boolean): void {
    const units = hasTimes ? (['line', 'time'] as const) : (['line'] as const);
    if (this.#unit.options.length === units.length) return;
    this.#unit.replaceChildren(...units.map((unit) => make('option', { value: unit }, UNIT_NAMES[unit])));
    const label = this.#unit.closest('label');
    if (label) label.hidden = !hasTimes;
  }

  show(clock: Clock, failures: number): void {
    const { unit, value, first, last, isPlaying } = clock;
    const isLine = unit === 'line';
    const rounded = Math.round(value);
    this.slider.min = String(Math.floor(Math.min(first, rounded)));
    this.slider.max = String(Math.ceil(last));
    this.slider.step = isLine ? '1' : 'any';
    this.slider.value = String(isLine ? rounded : value);
    this.slider.setAttribute(
      'aria-valuetext',
      isLine ? `line ${countText(rounded)} of ${countText(last)}` : `${timeText(value)} of ${timeText(last)}`,
    );
    this.#play.textContent = isPlaying ? 'Pause' : 'Play';
    if (document.activeElement !== this.#line) this.#line.value = isLine ? String(rounded) : '';
    this.#line.disabled = !isLine;
    this.#follow.checked = clock.isFollowing;
    this.#unit.value = unit;
    for (const button of this.#failureButtons) button.disabled = failures === 0;
    this.#showSpeeds(clock);
  }

  #showSpeeds({ unit, speeds, speed }: Clock): void {
    if (this.#unitOfSpeeds !== unit)
      this.#speed.replaceChildren(
        ...speeds.map((one) => make('option', { value: String(one) }, speedText(unit, one))),
      );
    this.#unitOfSpeeds = unit;
    this.#speed.value = String(speed);
  }
}

/** A speed, by lines a second, or how many times as fast as it was. */
function speedText(unit: 'line' | 'time', speed: number): string {
  return unit === 'line' ? `${countText(speed)} ${speed === 1 ? 'line' : 'lines'}/s` : `${speed / 1e6} ×`;
}
