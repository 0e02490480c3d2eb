/** The theme: the default one, with fonts of the system and diagrams that fit. */
import DefaultTheme from "vitepress/theme-without-fonts";
import "./style.css";

export default DefaultTheme;
